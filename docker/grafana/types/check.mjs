// Holds ../dashboards/*.json, or the files that are named, against dashboard.ts. Prints file:line:column of what is wrong.
import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url));
const dashboards = join(here, '..', 'dashboards');
const files = process.argv.length > 2
  ? process.argv.slice(2).map((file) => resolve(file))
  : readdirSync(dashboards).filter((file) => file.endsWith('.json')).map((file) => join(dashboards, file));

// each dashboard is read as the literal of a module, so that an unknown key is an error too
const head = "import type { Dashboard } from './dashboard'; export const it: Dashboard =\n";
const modules = new Map(files.map((file, index) => [join(here, `it${index}.ts`), file]));

const config = ts.getParsedCommandLineOfConfigFile(join(here, 'tsconfig.json'), {}, {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: (problem) => { throw new Error(problem.messageText); },
});
const host = ts.createCompilerHost(config.options);
const { fileExists, readFile } = host;
host.fileExists = (name) => modules.has(name) || fileExists(name);
host.readFile = (name) => (modules.has(name) ? head + readFileSync(modules.get(name), 'utf8') : readFile(name));

const program = ts.createProgram([...config.fileNames, ...modules.keys()], config.options, host);
const problems = ts.getPreEmitDiagnostics(program);
for (const { file, start, messageText } of problems) {
  const text = ts.flattenDiagnosticMessageText(messageText, '\n');
  if (!file) {
    console.log(text);
    continue;
  }
  const { line, character } = file.getLineAndCharacterOfPosition(start);
  const json = modules.get(file.fileName);
  const place = json ? `${basename(json)}:${line}` : `${basename(file.fileName)}:${line + 1}`;
  console.log(`${place}:${character + 1}: ${text}`);
}
console.log(`${files.length} dashboards, ${problems.length} problems`);
process.exit(problems.length ? 1 : 0);
