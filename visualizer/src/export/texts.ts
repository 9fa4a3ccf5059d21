import type { Bilingual } from '../texts/bilingual.ts';

const en = {
  save: 'Save as',
  notYet: 'The chart is not laid out yet.',
  failed: (why: string) => `It could not be saved: ${why}`,
};

export const exportTexts: Bilingual<typeof en> = {
  en,
  'zh-CN': { save: '另存为', notYet: '状态图尚未排布好。', failed: (why) => `无法保存：${why}` },
};
