// The log of a deployment: what renderLogViewer wrote becomes the viewer.
import { startLogViewer } from './start.ts';

for (const root of document.querySelectorAll<HTMLElement>('[data-log]')) startLogViewer(root);
