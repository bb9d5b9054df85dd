import { createRoot } from 'react-dom/client';
import { App } from './App';
import { connectLive } from './live/connection';
import { LiveModel } from './live/model';
import { followVoxel } from './live/voxels';
import { installTestHooks } from './testHooks';
import './styles.css';

const model = new LiveModel();
installTestHooks(model);
connectLive(model);
followVoxel(model);
createRoot(document.getElementById('root')!).render(<App model={model} />);
