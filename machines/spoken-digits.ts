import type { PathContext } from './path.ts';
import type { PortInput } from './ports.ts';

/** Fresh digits that are read to the owner, who speaks them (spec section 3.7): no recording of an older call has them. */
export const digitsOrder = ({ context }: { context: PathContext }): PortInput<'sendCode'> => ({
  accountId: context.account.accountId,
  purpose: 'voiceDigits',
  channel: 'call',
  to: context.account.phone,
});

/** Whose voice it is that spoke them. */
export const voiceQuestion = ({ account }: PathContext, captureRef: string): PortInput<'matchVoiceprint'> => ({
  accountId: account.accountId,
  captureRef,
  dialect: account.voiceprint.dialect,
});
