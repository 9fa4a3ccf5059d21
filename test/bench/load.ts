import { createHistogram } from 'node:perf_hooks';
import { Pool } from 'undici';

/** One request that each sender makes again and again, in turns with `count` from 0. */
export type Request = (
  sender: number,
  count: number,
) => { path: string; headers: Record<string, string>; body: string };

export interface Loaded {
  /** Requests a second. */
  rate: number;
  /** Latency in ms. */
  p50: number;
  p99: number;
}

const NS_A_MS = 1e6;

/** How often each sender has sent: its events go on in turns over rounds. */
const sent = new Map<Request, number[]>();

/**
 * Closed load: each sender has a connection and sends the next when it is answered.
 * @throws Error for an answer that is not 200.
 */
export async function load(url: string, senders: number, request: Request, ms: number): Promise<Loaded> {
  const pool = new Pool(url, { connections: senders, pipelining: 1 });
  const latencies = createHistogram();
  const counts = sent.get(request) ?? [];
  sent.set(request, counts);
  const begun = performance.now();
  let answered = 0;
  const send = async (sender: number) => {
    while (performance.now() - begun < ms) {
      const count = counts[sender] ?? 0;
      counts[sender] = count + 1;
      const at = process.hrtime.bigint();
      const { statusCode, body } = await pool.request({ method: 'POST', ...request(sender, count) });
      const text = await body.text();
      latencies.record(Math.max(1, Number(process.hrtime.bigint() - at)));
      if (statusCode !== 200) throw new Error(`${statusCode}: ${text}`);
      answered += 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: senders }, (_, sender) => send(sender)));
    const rate = (answered / (performance.now() - begun)) * 1_000;
    return { rate, p50: latencies.percentile(50) / NS_A_MS, p99: latencies.percentile(99) / NS_A_MS };
  } finally {
    await pool.close();
  }
}
