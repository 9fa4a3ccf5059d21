import '@xyflow/react/dist/style.css';
import './chart.css';
import { Background, BackgroundVariant, MiniMap, ReactFlow, ReactFlowProvider } from '@xyflow/react';
import { useCallback, useContext, useMemo, useState } from 'react';
import { LocaleContext, useTexts } from '../texts/bilingual.ts';
import { chart as chartTexts } from '../texts/chart.ts';
import { Details } from './details.tsx';
import { edgesOf, foldable, nodesIn } from './flow.ts';
import { instancesOf } from './instances.ts';
import { policyDelay, stateText } from './machines.ts';
import { type Box, type ChartInstance, sceneOf } from './scene.ts';
import { measure } from './screen.ts';
import { StateNode } from './state-node.tsx';
import { Toolbar } from './toolbar.tsx';
import { TransitionEdge } from './transition-edge.tsx';
import { useLayout, useShape } from './use-layout.ts';

/** What is selected on the canvas: the id of a box or of an arrow. */
export interface Selection {
  kind: 'state' | 'transition';
  id: string;
}

export interface ChartProps {
  /** The chart with what is active, just taken and possible in it, and with its children's. */
  instance: ChartInstance;
  onSelect?(selection: Selection | undefined): void;
}

const NODE_TYPES = { state: StateNode };
const EDGE_TYPES = { transition: TransitionEdge };

/** A statechart, its children unfolding inside the states that invoke them. */
export function Chart(props: ChartProps) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas({ instance, onSelect }: ChartProps) {
  const texts = useTexts(chartTexts);
  const locale = useContext(LocaleContext);
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [selection, setSelection] = useState<Selection>();
  const [query, setQuery] = useState('');
  const shape = useShape(instance);
  const scene = useMemo(
    () =>
      sceneOf(shape, {
        words: texts.words,
        measure,
        unfolded,
        collapsed,
        textOf: (chart, node) => stateText(chart, node, locale),
        delayOf: policyDelay,
      }),
    [shape, texts, locale, unfolded, collapsed],
  );
  const { layout, busy, error } = useLayout(scene);
  const instances = useMemo(() => instancesOf(instance), [instance]);

  const select = useCallback(
    (next: Selection | undefined) => {
      setSelection(next);
      onSelect?.(next);
    },
    [onSelect],
  );
  const onFold = useCallback((box: Box) => setUnfolded((so) => toggled(so, box.id)), []);
  const onCollapse = useCallback((box: Box) => setCollapsed((so) => toggled(so, box.id)), []);
  const view = useMemo(
    () => ({ instances, selected: selection?.id, query, texts, onFold, onCollapse, onChoose: select }),
    [instances, selection, query, texts, onFold, onCollapse, select],
  );
  const nodes = useMemo(() => (layout ? nodesIn(layout, view) : []), [layout, view]);
  const edges = useMemo(() => (layout ? edgesOf(layout, view) : []), [layout, view]);
  const all = useMemo(() => foldable(shape), [shape]);

  return (
    <section className="chart" aria-label={texts.label(instance.definition.id)} aria-busy={busy}>
      <Toolbar
        layout={layout}
        query={query}
        onQuery={setQuery}
        onPick={(id) => select({ kind: 'state', id })}
        canUnfold={all.length > 0}
        isUnfolded={all.length > 0 && all.every((id) => unfolded.has(id))}
        onUnfoldAll={() => setUnfolded(unfolded.size > 0 ? new Set() : new Set(all))}
      />
      <div className="chart-canvas">
        {error !== undefined && (
          <p className="empty" role="alert">
            {texts.layoutFailed}
          </p>
        )}
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          nodesDraggable={false}
          nodesConnectable={false}
          edgesFocusable
          elementsSelectable
          onlyRenderVisibleElements
          minZoom={0.05}
          maxZoom={2}
          fitView
          zIndexMode="manual"
          onNodeClick={(_, { id }) => select({ kind: 'state', id })}
          onEdgeClick={(_, { id }) => select({ kind: 'transition', id })}
          onPaneClick={() => select(undefined)}
          proOptions={{ hideAttribution: true }}
        >
          <Background variant={BackgroundVariant.Dots} gap={20} size={1} />
          <MiniMap pannable zoomable ariaLabel={texts.minimap} nodeClassName={miniClass} nodeStrokeWidth={6} />
        </ReactFlow>
        {busy && <p className="chart-busy">{texts.layingOut}</p>}
        {selection && layout && (
          <Details selection={selection} layout={layout} onClose={() => select(undefined)} onSelect={select} />
        )}
      </div>
    </section>
  );
}

const miniClass = ({ data }: { data: Record<string, unknown> }) => (data.active === true ? 'active' : '');

function toggled(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}
