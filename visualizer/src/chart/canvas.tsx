import '@xyflow/react/dist/style.css';
import './chart.css';
import { Background, BackgroundVariant, MiniMap, ReactFlow, ReactFlowProvider, useStore } from '@xyflow/react';
import { type CSSProperties, useCallback, useContext, useMemo, useState } from 'react';
import { ExportMenu } from '../export/menu.tsx';
import { LocaleContext, useTexts } from '../texts/bilingual.ts';
import { chart as chartTexts } from '../texts/chart.ts';
import { Details } from './details.tsx';
import { edgesOf, foldable, nodesIn } from './flow.ts';
import { instancesOf } from './instances.ts';
import { policyDelay, stateText } from './machines.ts';
import { NamesFromAfar } from './names-from-afar.tsx';
import { type ChartInstance, sceneOf } from './scene.ts';
import { isFarIn, measure, zoomFromAfar } from './screen.ts';
import { type StateData, StateNode } from './state-node.tsx';
import { Toolbar } from './toolbar.tsx';
import { TransitionEdge } from './transition-edge.tsx';
import { useCamera } from './use-camera.ts';
import { useFolding } from './use-folding.ts';
import { useKeptFocus } from './use-kept-focus.ts';
import { useKeys } from './use-keys.ts';
import { useLayout, useShape } from './use-layout.ts';

/** What is selected on the canvas: the id of a box or of an arrow. */
export interface Selection {
  kind: 'state' | 'transition';
  id: string;
}

export interface ChartProps {
  /** The chart with what is active, just taken and possible in it, and with its children's. */
  instance: ChartInstance;
  /** Whether it shows a running actor: the view then can follow what is active. */
  isLive?: boolean;
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

function Canvas({ instance, isLive = false, onSelect }: ChartProps) {
  const texts = useTexts(chartTexts);
  const locale = useContext(LocaleContext);
  const [selection, setSelection] = useState<Selection>();
  const [query, setQuery] = useState('');
  const [follows, setFollows] = useState(true);
  const folding = useFolding(instance);
  const { unfolded, collapsed } = folding;
  const shape = useShape(instance);
  const sceneWith = useCallback(
    (unfolded: ReadonlySet<string>) =>
      sceneOf(shape, {
        words: texts.words,
        measure,
        unfolded,
        collapsed,
        textOf: (chart, node) => stateText(chart, node, locale),
        delayOf: policyDelay,
      }),
    [shape, texts, locale, collapsed],
  );
  const scene = useMemo(() => sceneWith(unfolded), [sceneWith, unfolded]);
  const all = useMemo(() => foldable(shape), [shape]);
  const isUnfolded = all.length > 0 && all.every((id) => unfolded.has(id));
  const next = useCallback(
    () => (all.length === 0 || isUnfolded ? undefined : sceneWith(new Set(all))),
    [sceneWith, all, isUnfolded],
  );
  const { layout, busy, error } = useLayout(scene, next);
  const instances = useMemo(() => instancesOf(instance), [instance]);

  const select = useCallback(
    (next: Selection | undefined) => {
      setSelection(next);
      onSelect?.(next);
    },
    [onSelect],
  );
  const view = useMemo(
    () => ({ instances, selected: selection?.id, query, texts, ...folding, onChoose: select }),
    [instances, selection, query, texts, folding, select],
  );
  const nodes = useMemo(() => (layout ? nodesIn(layout, view) : []), [layout, view]);
  const active = useMemo(() => new Set(nodes.filter(({ data }) => data.active).map(({ id }) => id)), [nodes]);
  const edges = useMemo(() => (layout ? edgesOf(layout, view) : []), [layout, view]);
  useCamera(layout, nodes, folding.last, isLive && follows);
  const isFar = useStore(isFarIn);
  const zoom = useStore(zoomFromAfar);
  const { focusOn, ...listeners } = useKeptFocus();
  const onKeyDown = useKeys({ layout, folding, selected: selection?.id, select, focusOn });

  return (
    <section className="chart" aria-label={texts.label(instance.definition.id)} aria-busy={busy}>
      <Toolbar layout={layout} query={query} onQuery={setQuery} onPick={(id) => select({ kind: 'state', id })}>
        {isLive && (
          <button type="button" aria-pressed={follows} onClick={() => setFollows(!follows)}>
            {texts.follow}
          </button>
        )}
        {all.length > 0 && (
          <button type="button" onClick={() => folding.setAll(all, !isUnfolded)}>
            {isUnfolded ? texts.foldAll : texts.unfoldAll}
          </button>
        )}
        <ExportMenu layout={layout} instance={instance} instances={instances} />
      </Toolbar>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys are for the states and arrows within */}
      <div
        className={`chart-canvas ${isFar ? 'far' : ''} ${zoom === undefined ? '' : 'afar'}`}
        style={zoom === undefined ? {} : ({ '--screen-px': `${1 / zoom}px` } as CSSProperties)}
        onKeyDown={onKeyDown}
        {...listeners}
      >
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
          disableKeyboardA11y
          onlyRenderVisibleElements
          minZoom={0.01}
          maxZoom={2}
          zIndexMode="manual"
          onNodeClick={(_, { id }) => select({ kind: 'state', id })}
          onEdgeClick={(_, { id }) => select({ kind: 'transition', id })}
          onPaneClick={() => select(undefined)}
          proOptions={{ hideAttribution: true }}
        >
          <Background variant={BackgroundVariant.Dots} gap={20} size={1} />
          <MiniMap
            pannable
            zoomable
            ariaLabel={texts.minimap}
            nodeClassName={miniClass}
            nodeStrokeWidth={6}
            style={MINIMAP}
          />
          {layout && zoom !== undefined && <NamesFromAfar layout={layout} zoom={zoom} active={active} />}
        </ReactFlow>
        {isLive && <Legend />}
        {busy && <p className="chart-busy">{texts.layingOut}</p>}
        {selection && layout && (
          <Details selection={selection} layout={layout} onClose={() => select(undefined)} onSelect={select} />
        )}
      </div>
    </section>
  );
}

function Legend() {
  const { legend } = useTexts(chartTexts);
  return (
    <p className="legend">
      <span className="sample active" /> {legend.active}
      <span className="sample taken" /> {legend.taken}
      <span className="sample possible" /> {legend.possible}
    </p>
  );
}

const MINIMAP = { width: 168, height: 112 };
const miniClass = ({ data }: { data: Partial<StateData> }) =>
  data.active === true && data.box?.children.length === 0 ? 'active' : '';
