// The status bar item: tier, cost, and trouble; a click opens the menu.
import * as vscode from 'vscode';
import type { GhostText } from '../ghost/switch';
import { shortened } from '../places';
import type { ServerOwner } from '../server/owner';
import { suspicious, troubles, type Status } from './troubles';
import { barDetails, barText, worthShowing, type Picture, type Usage } from './usage';

export class StatusBar implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly disposables: vscode.Disposable[];
  private last: Usage | undefined;
  private sessionCost = 0;
  private status: Status = {};
  private looking: Promise<Status> | undefined;

  constructor(
    private readonly owner: ServerOwner,
    private readonly ghost: GhostText,
  ) {
    this.item = vscode.window.createStatusBarItem('tierwise.status', vscode.StatusBarAlignment.Right, 90);
    this.item.name = 'Tierwise';
    this.item.command = 'tierwise.menu';
    this.item.show();
    this.disposables = [
      this.item,
      owner.onDidChange(() => this.serverChanged()),
      ghost.onDidChange(() => this.draw()),
      vscode.window.onDidChangeActiveTextEditor(() => this.draw()),
    ];
    this.draw();
  }

  /** A request has ended. */
  hear(usage: Usage): void {
    this.sessionCost = usage.session_cost_usd;
    if (worthShowing(usage)) {
      this.last = usage;
    }
    this.draw();
    if (suspicious(usage)) {
      void this.look();
    }
  }

  /** Ask the server how things stand; breakers close and budgets change without a request. */
  look(): Promise<Status> {
    this.looking ??= this.ask().finally(() => (this.looking = undefined));
    return this.looking;
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private async ask(): Promise<Status> {
    try {
      const status = await this.owner.running?.execute<Status>('tierwise.status', []);
      this.status = { ...status, ...(status?.problems && { problems: status.problems.map(shortened) }) };
    } catch {
      // The server is ending; its next state redraws the item.
    }
    this.draw();
    return this.status;
  }

  private serverChanged(): void {
    if (this.owner.state !== 'running') {
      this.last = undefined;
      this.sessionCost = 0;
      this.status = {};
    } else {
      void this.look();
    }
    this.draw();
  }

  private draw(): void {
    const picture: Picture = {
      server: this.owner.state,
      problem: this.owner.problem,
      asleep: this.ghost.asleep,
      last: this.last,
      sessionCost: this.sessionCost,
      troubles: troubles(this.status),
    };
    const { text, look } = barText(picture);
    this.item.text = text;
    this.item.backgroundColor = look === 'plain' ? undefined : new vscode.ThemeColor(`statusBarItem.${look}Background`);
    this.item.tooltip = new vscode.MarkdownString(barDetails(picture), true);
    this.item.accessibilityInformation = { label: `Tierwise: ${text.replaceAll(/\$\([\w~-]+\) ?/g, '')}` };
  }
}
