import { createAssetRoutes } from '../../app/dashboard/assets.ts';
import { addLogPage } from '../../app/dashboard/log-page.ts';
import { createPulses } from '../../app/logs/stores/pulses.ts';
import { type LogApp, type LogAppServers, startLogApp } from './log-app.ts';

/** A log app that shows its logs on pages too, to whoever asks. */
export async function startLogPages(servers: LogAppServers): Promise<LogApp> {
  return startLogApp(servers, (app, parts) => {
    app.route('/', createAssetRoutes());
    addLogPage(app, { ...parts, pulses: createPulses(parts.hints), now: Date.now });
  });
}
