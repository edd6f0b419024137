// The log's part of the app as a process of its own: argv holds the servers, the first message is its URL. It ends
// when its parent lets go of it, or dies.
import { type LogAppServers, startLogApp } from './log-app.ts';

const app = await startLogApp(JSON.parse(process.argv[2] ?? '') as LogAppServers);
process.once('disconnect', () => void app.close());
process.send?.(app.url);
