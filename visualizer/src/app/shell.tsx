import { type ComponentType, lazy, Suspense, useEffect } from 'react';
import { LOCALES, localeOf } from '../../../src/texts/locale.ts';
import { LocaleContext, useTexts } from '../texts/bilingual.ts';
import { shell } from '../texts/shell.ts';
import { Boundary } from './boundary.tsx';
import { linkTo, useRoute, VIEWS, type ViewId } from './route.ts';
import { useKept } from './settings.ts';

const PAGES: Record<ViewId, ComponentType> = {
  inspect: lazy(() => import('../views/inspect/view.tsx')),
  recoveries: lazy(() => import('../views/recoveries/view.tsx')),
  simulate: lazy(() => import('../views/simulate/view.tsx')),
};

const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

/** The frame of the page: its views, its language, its colours. */
export function Shell() {
  const [locale, setLocale] = useKept('locale', LOCALES, localeOf(navigator.languages.join(',')));
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
  return (
    <LocaleContext value={locale}>
      <Frame
        onLanguage={() => setLocale(locale === 'en' ? 'zh-CN' : 'en')}
        otherLanguage={locale === 'en' ? 'zh-CN' : 'en'}
      />
    </LocaleContext>
  );
}

function Frame({ onLanguage, otherLanguage }: { onLanguage: () => void; otherLanguage: string }) {
  const texts = useTexts(shell);
  const { view } = useRoute();
  const [theme, setTheme] = useKept<Theme>('theme', THEMES, 'system');
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
  const Page = view && PAGES[view];
  return (
    <div className="shell">
      <button type="button" className="skip" onClick={() => document.getElementById('content')?.focus()}>
        {texts.skip}
      </button>
      <header className="shell-header">
        <span className="brand">
          regain <span lang="zh-CN">找回</span>
        </span>
        <nav aria-label={texts.nav}>
          {VIEWS.map((id) => (
            <a key={id} href={linkTo(id)} aria-current={id === view ? 'page' : undefined}>
              {texts.views[id]}
            </a>
          ))}
        </nav>
        <span className="space" />
        <button type="button" className="quiet" onClick={() => setTheme(next)}>
          {texts.themeIs(texts.theme[theme])}
        </button>
        <button type="button" className="quiet" lang={otherLanguage} onClick={onLanguage}>
          {texts.toChinese}
        </button>
      </header>
      <main id="content" tabIndex={-1}>
        <Boundary key={view} message={texts.failed}>
          <Suspense fallback={<p className="empty">{texts.loading}</p>}>
            {Page ? <Page /> : <p className="empty">{texts.notThere}</p>}
          </Suspense>
        </Boundary>
      </main>
    </div>
  );
}
