// Commands that show what the server's other verbs say: doctor, report, status.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { ServerOwner } from './server/owner';
import type { RunResult } from './server/machine';
import type { StatusBar } from './status/bar';
import type { Texts } from './texts';

const DOCTOR_MS = 120_000;
const REPORT_MS = 60_000;
const WRONG_USE = 2;

export function registerVerbs(owner: ServerOwner, bar: StatusBar, texts: Texts): vscode.Disposable {
  const register = vscode.commands.registerCommand;
  return vscode.Disposable.from(
    register('tierwise.doctor', async () => {
      const result = await working('looking at what is configured and reachable', (signal) =>
        owner.verb(['doctor'], DOCTOR_MS, signal),
      );
      await (result && texts.show('Tierwise doctor', said(result)));
    }),
    register('tierwise.status.show', async () => {
      await texts.show('Tierwise status.json', `${JSON.stringify(await bar.look(), undefined, 2)}\n`);
    }),
    register('tierwise.showReport', () => report(owner, texts)),
  );
}

/** The report as a page; as text from a server that makes no page. */
async function report(owner: ServerOwner, texts: Texts): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tierwise-report-'));
  try {
    const file = path.join(folder, 'report.html');
    const made = await working('adding up', (signal) => owner.verb(['report', '--html', file], REPORT_MS, signal));
    if (made === undefined) {
      return;
    }
    if (made.status === WRONG_USE) {
      await texts.show('Tierwise report', said(await owner.verb(['report'], REPORT_MS)));
    } else if (made.status !== 0) {
      throw new Error(made.stderr.trim());
    } else {
      show(await readFile(file, 'utf8'));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function show(html: string): void {
  const panel = vscode.window.createWebviewPanel('tierwise.report', 'Tierwise report', vscode.ViewColumn.Active, {
    enableScripts: false,
    enableFindWidget: true,
    localResourceRoots: [],
  });
  panel.webview.html = html;
}

/** Show work that may take long, with a cancel button; undefined when it was used. */
async function working(
  title: string,
  work: (signal: AbortSignal) => Promise<RunResult>,
): Promise<RunResult | undefined> {
  const options = { location: vscode.ProgressLocation.Notification, title: `Tierwise: ${title}`, cancellable: true };
  return vscode.window.withProgress(options, async (_progress, token) => {
    const stop = new AbortController();
    token.onCancellationRequested(() => stop.abort());
    const result = await work(stop.signal);
    return stop.signal.aborted ? undefined : result;
  });
}

function said({ stdout, stderr }: RunResult): string {
  return [stdout, stderr].filter((text) => text.trim() !== '').join('\n');
}
