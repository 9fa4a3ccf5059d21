/** Colours for light and dark; red and green differ in brightness, too. */
export const STYLE = `
:root { color-scheme: light dark; --ground: light-dark(#fff, #14171a); --text: light-dark(#1c2126, #e3e6e9);
  --quiet: light-dark(#5b6670, #98a2ac); --line: light-dark(#d5dae0, #343b42); --panel: light-dark(#f6f8fa, #1b1f24);
  --met: light-dark(#1a7f45, #5fc98a); --met-ground: light-dark(#e6f6ec, #143323);
  --missed: light-dark(#b42318, #ff9d92); --missed-ground: light-dark(#fdecea, #43201c); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90rem; padding: 1.5rem; background: var(--ground); color: var(--text);
  font: 14px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: .95rem; margin: 0; } small, i, .legend { color: var(--quiet); font-style: normal; }
a { color: inherit; } code { font: 12.5px/1.4 ui-monospace, monospace; }
table { border-collapse: collapse; display: block; overflow-x: auto; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .9rem .25rem 0; text-align: left; white-space: nowrap; border-bottom: 1px solid var(--line); }
thead th { color: var(--quiet); font-weight: 500; } td.all { color: var(--met); } td.none { color: var(--quiet); }
meter { width: 3rem; height: .7rem; vertical-align: baseline; }
.legend b { font-weight: 500; padding: 0 .5rem; border-radius: 4px; } .legend label { margin-left: 1.5rem; cursor: pointer; }
b.met, .chip.met { background: var(--met-ground); color: var(--met); }
b.missed, .chip.missed, li.missed { background: var(--missed-ground); color: var(--missed); }
.state { border: 1px solid var(--line); border-left: 4px solid var(--line); border-radius: 6px; padding: .6rem .8rem;
  background: var(--panel); min-width: 0; }
.state .state { background: var(--ground); } .state .state .state { background: var(--panel); }
.state.met { border-left-color: var(--met); } .state.missed { border-left-color: var(--missed); }
.state.missed > h3, code.missed, li.missed i { color: var(--missed); } h3 i { font-weight: 400; margin-left: .5rem; }
.state:target { outline: 2px solid var(--quiet); }
.within { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(26rem, 100%), 1fr)); gap: .7rem; margin-top: .7rem;
  align-items: start; }
.within .within { grid-template-columns: 1fr; } .parallel { border-top: 1px dashed var(--quiet); padding-top: .7rem; }
ul, ol { list-style: none; margin: 0; padding: 0; } ul { display: grid; gap: .3rem; margin-top: .3rem; } ul:empty { display: none; }
.one { display: flex; flex-wrap: wrap; gap: 0 .6rem; } .one ol { flex: 1 1 10rem; margin: 0; }
ol { margin-left: .9rem; } ol li { display: flex; flex-wrap: wrap; gap: 0 .35rem; padding: 0 .4rem; border-radius: 4px;
  overflow-wrap: anywhere; } ol li small { margin-left: auto; }
.chip { border: 1px solid currentColor; font-size: 11px; line-height: 1.3; padding: 0 .35rem; border-radius: 8px; align-self: center; }
.guard { color: inherit; } code + .chip { margin-left: .4rem; } code + .chip + .chip { margin-left: .25rem; } .only-missing .quiet { display: none; }
@media print { .legend label { display: none; } }
`;

/** Hides what was met; all the rest works without it. */
export const SCRIPT = `
const open = (node) => node.matches('.missed') || node.querySelector('.missed');
for (const node of document.querySelectorAll('.state, .event, ol > li')) if (!open(node)) node.classList.add('quiet');
const box = document.getElementById('missing');
box.addEventListener('change', () => document.body.classList.toggle('only-missing', box.checked));
`;
