import { useTexts } from '../../texts/bilingual.ts';
import { shell } from '../../texts/shell.ts';

export default function View() {
  const texts = useTexts(shell);
  return <h1 className="empty">{texts.views.simulate}</h1>;
}
