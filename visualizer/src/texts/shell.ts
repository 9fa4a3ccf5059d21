import type { Bilingual } from './bilingual.ts';

const en = {
  views: { inspect: 'Inspector', recoveries: 'Recoveries', simulate: 'Simulator' },
  nav: 'Views',
  toChinese: '中文',
  theme: { light: 'Light', dark: 'Dark', system: 'As the system' },
  themeIs: (theme: string) => `Colours: ${theme}`,
  skip: 'Skip to the content',
  loading: 'Loading',
  notThere: 'This view is not there.',
  failed: 'This view has failed.',
};

export const shell: Bilingual<typeof en> = {
  en,
  'zh-CN': {
    views: { inspect: '检视', recoveries: '找回记录', simulate: '模拟' },
    nav: '视图',
    toChinese: 'English',
    theme: { light: '浅色', dark: '深色', system: '跟随系统' },
    themeIs: (theme) => `配色：${theme}`,
    skip: '跳到内容',
    loading: '正在载入',
    notThere: '没有这个视图。',
    failed: '这个视图出错了。',
  },
};
