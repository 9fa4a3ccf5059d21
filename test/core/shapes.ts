import { portShapes } from './shapes/ports.ts';
import { refShapes } from './shapes/refs.ts';
import type { Shape } from './shapes/shape.ts';
import { timerShapes } from './shapes/timers.ts';
import { treeShapes } from './shapes/trees.ts';

/** Machines of every shape that the core has to carry over a restart. */
export const shapes: readonly Shape[] = [...timerShapes, ...treeShapes, ...refShapes, ...portShapes];
