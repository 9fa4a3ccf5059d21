import { Step } from './parts.tsx';
import type { ScreenProps } from './screen.ts';

export function Scanning({ recovery, texts }: ScreenProps) {
  const { send, sandbox } = recovery;
  return <Step go={texts.scan} onGo={() => send({ type: 'biometric.scan', captureRef: sandbox.world.capture({}) })} />;
}
