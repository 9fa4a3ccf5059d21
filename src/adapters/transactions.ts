import { createHash } from 'node:crypto';
import { numbersIn } from './bytes.ts';

/** A payment that the owner made, as a quiz asks about it. */
export interface Transaction {
  id: string;
  amountFen: number;
  merchant: string;
  /** Calendar day, `YYYY-MM-DD`, in the zone of the policy. */
  date: string;
}

const MERCHANTS = [
  '海底捞火锅(春熙路店)',
  '瑞幸咖啡有限公司',
  '美团外卖',
  '滴滴出行科技有限公司',
  '全家便利店',
  '永辉超市股份有限公司',
  '中国石化加油站',
  '喜茶',
  '盒马鲜生',
  '北京同仁堂',
  '新华书店',
  '万达影城',
  '屈臣氏',
  '周黑鸭',
  '华住酒店集团',
  '铁路12306',
  'Starbucks Coffee Co., Ltd.',
  'Apple Store',
  'Uniqlo (China) Trading Ltd',
  'Decathlon Sports',
  "McDonald's",
  'IKEA Home Furnishings',
  'Nike Retail Inc.',
  'Watsons Personal Care Stores',
] as const;

/** The day before which all sandbox payments were made: fixed, so that a sandbox is the same whenever it is started. */
const BEFORE = Date.UTC(2026, 2, 1);
const DAY = 24 * 60 * 60 * 1_000;
const SPREAD = 180; // days

/** The payments of a sandbox account, always the same for the same id; a higher count only adds to them. */
export function sandboxTransactions(accountId: string, count: number): Transaction[] {
  return Array.from({ length: count }, (_, index) => {
    const hash = createHash('sha256')
      .update(JSON.stringify([accountId, index]))
      .digest();
    const bytes = numbersIn(hash);
    return {
      id: `t${index + 1}`,
      amountFen: 100 + (bytes.getUint32(0) % 50_000),
      merchant: MERCHANTS[bytes.getUint32(4) % MERCHANTS.length] ?? MERCHANTS[0],
      date: new Date(BEFORE - (1 + (bytes.getUint32(8) % SPREAD)) * DAY).toISOString().slice(0, 10),
    };
  });
}
