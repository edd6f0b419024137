// ClickHouse as a process: the engine of the npm package chdb, which answers ClickHouse's own HTTP until standard
// input closes, and so never outlives its parent. Importing `node:process` here would open standard input for Node,
// which makes it non-blocking, and the engine would take that for its end.
// Arguments: those of clickhouse-local.
import { createRequire } from 'node:module';
import { DataType, load, open } from 'ffi-rs';

const require = createRequire(import.meta.url);
const { libchdbPath } = require('chdb/libchdb') as { libchdbPath: () => string };

const args = ['clickhouse', ...process.argv.slice(2)];
open({ library: 'chdb', path: libchdbPath() });
load({
  library: 'chdb',
  funcName: 'chdb_query_cmdline',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [args.length, args],
});
// On failure it has written why to standard error.
process.exit(0);
