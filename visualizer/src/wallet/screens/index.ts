import type { ComponentType } from 'react';
import type { RecoveryView } from '../../../../src/host/view.ts';
import { Filing, Supplementing } from './appeal.tsx';
import { EnteringCode, SelectingCard } from './bank-card.tsx';
import { Scanning } from './biometric.tsx';
import { Choosing } from './choosing.tsx';
import { Paying } from './emergency-code.tsx';
import { CapturingDocument, CapturingFace } from './id-card.tsx';
import { OwnSteps, ownSteps } from './own.tsx';
import type { ScreenProps } from './screen.ts';
import { SelectingContacts, WaitingForContacts } from './security-contacts.tsx';
import { SettingPassword } from './setting-password.tsx';
import { Answering, MakingUp } from './transaction-history.tsx';
import { AnsweringSecurity, Calling, ChoosingKey, Listening } from './voice.tsx';

/** The screen of each state in which the owner has something to do or to see, by the state's name in a view. */
const SCREENS: Record<string, ComponentType<ScreenProps>> = {
  'choosing.offering': Choosing,
  'verifying.bankCard.selectingCard': SelectingCard,
  'verifying.bankCard.awaitingCode': EnteringCode,
  'verifying.idCard.capturingDocument.awaiting': CapturingDocument,
  'verifying.idCard.capturingFace.awaiting': CapturingFace,
  'verifying.transactionHistory.answering.awaiting': Answering,
  'verifying.transactionHistory.makingUp.awaiting': MakingUp,
  'verifying.securityContacts.initiating.selecting': SelectingContacts,
  'verifying.securityContacts.initiating.requested': WaitingForContacts,
  'verifying.securityContacts.collecting': WaitingForContacts,
  'verifying.securityContacts.checking': WaitingForContacts,
  'verifying.appeal.filing.awaiting': Filing,
  'verifying.appeal.awaitingSupplement': Supplementing,
  'verifying.biometric.scanning.awaiting': Scanning,
  'verifying.voice.inMenu.calling': Calling,
  'verifying.voice.dropped': Calling,
  'verifying.voice.inMenu.choosingKey': ChoosingKey,
  'verifying.voice.readingDigits.listening': Listening,
  'verifying.voice.answeringQuestions.awaiting': AnsweringSecurity,
  'verifying.emergencyCode.active.ready': Paying,
  'settingPassword.awaiting': SettingPassword,
};

/** The screen of a state; none where there is only to wait, or nothing more to come. */
export const screenOf = (view: RecoveryView): ComponentType<ScreenProps> | undefined =>
  SCREENS[view.state] ?? (ownSteps(view).length > 0 ? OwnSteps : undefined);
