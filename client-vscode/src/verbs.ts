// Commands that show how things stand: doctor, report, status.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Guarded } from './guarded';
import type { ServerOwner } from './server/owner';
import type { RunResult } from './server/machine';
import type { StatusBar } from './status/bar';
import { themed } from './status/page';
import type { Texts } from './texts';

const DOCTOR_MS = 120_000;
const REPORT_MS = 60_000;
const WRONG_USE = 2;
const COMMAND = 'tierwise.report';

export function registerVerbs(
  owner: ServerOwner,
  bar: StatusBar,
  texts: Texts,
  guarded: Guarded,
  icon: vscode.WebviewPanel['iconPath'],
): vscode.Disposable {
  const report = new ReportPage(owner, texts, icon);
  const register = (name: string, work: () => Promise<void>): vscode.Disposable =>
    vscode.commands.registerCommand(name, () => guarded(work));
  return vscode.Disposable.from(
    report,
    register('tierwise.doctor', async () => {
      const result = await working('looking at what is configured and reachable', (signal) =>
        owner.verb(['doctor'], DOCTOR_MS, signal),
      );
      await (result && texts.show('Tierwise doctor', said(result)));
    }),
    register('tierwise.status.show', async () => {
      await texts.show('Tierwise status.json', `${JSON.stringify(await bar.look(), undefined, 2)}\n`);
    }),
    register('tierwise.showReport', () => report.show()),
  );
}

/** The report as a page; as text from a server that makes no page. */
class ReportPage implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;

  constructor(
    private readonly owner: ServerOwner,
    private readonly texts: Texts,
    private readonly icon: vscode.WebviewPanel['iconPath'],
  ) {}

  async show(): Promise<void> {
    const client = this.owner.running;
    const html = client?.offers(COMMAND)
      ? await working('adding up', async (_signal, token) => {
          return (await client.execute<{ html: string }>(COMMAND, [{ format: 'html' }], token)).html;
        })
      : await this.fromVerb();
    if (html === undefined) {
      return;
    }
    this.panel ??= this.open();
    this.panel.webview.html = themed(html);
    this.panel.reveal();
  }

  dispose(): void {
    this.panel?.dispose();
  }

  private open(): vscode.WebviewPanel {
    const panel = vscode.window.createWebviewPanel(COMMAND, 'Tierwise report', vscode.ViewColumn.Active, {
      enableScripts: false,
      enableFindWidget: true,
      localResourceRoots: [],
    });
    panel.iconPath = this.icon;
    panel.onDidDispose(() => (this.panel = undefined));
    return panel;
  }

  /** The page that the command line makes; undefined when there is none, and the text is shown instead. */
  private async fromVerb(): Promise<string | undefined> {
    const folder = await mkdtemp(path.join(tmpdir(), 'tierwise-report-'));
    try {
      const file = path.join(folder, 'report.html');
      const made = await working('adding up', (signal) =>
        this.owner.verb(['report', '--html', file], REPORT_MS, signal),
      );
      if (made?.status === WRONG_USE) {
        await this.texts.show('Tierwise report', said(await this.owner.verb(['report'], REPORT_MS)));
      } else if (made !== undefined && made.status !== 0) {
        throw new Error(made.stderr.trim());
      }
      return made?.status === 0 ? await readFile(file, 'utf8') : undefined;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** Show work that may take long, with a cancel button; undefined when it was used. */
async function working<T>(
  title: string,
  work: (signal: AbortSignal, token: vscode.CancellationToken) => Promise<T>,
): Promise<T | undefined> {
  const options = { location: vscode.ProgressLocation.Notification, title: `Tierwise: ${title}`, cancellable: true };
  return vscode.window.withProgress(options, async (_progress, token) => {
    const stop = new AbortController();
    token.onCancellationRequested(() => stop.abort());
    const result = await work(stop.signal, token);
    return stop.signal.aborted ? undefined : result;
  });
}

function said({ stdout, stderr }: RunResult): string {
  return [stdout, stderr].filter((text) => text.trim() !== '').join('\n');
}
