import './inspect.css';
import { useState } from 'react';
import { Chart } from '../../chart/canvas.tsx';
import { MACHINES } from '../../chart/machines.ts';

export default function View() {
  const [id, setId] = useState('recovery');
  const own = MACHINES.find((machine) => machine.id === id);
  return (
    <div className="inspect">
      <select value={id} onChange={(event) => setId(event.target.value)} aria-label="machine">
        {MACHINES.map((machine) => (
          <option key={machine.id}>{machine.id}</option>
        ))}
      </select>
      {own && <Chart key={id} instance={{ definition: own.definition }} />}
    </div>
  );
}
