// Whether ghost text is asked for at all. A request that would come to nothing is never sent.

export interface GhostTextChoices {
  readonly enabled: boolean;
  readonly disabledLanguages: readonly string[];
  readonly paused: boolean;
  /** Milliseconds since the epoch; undefined when ghost text does not sleep. */
  readonly snoozedUntil: number | undefined;
}

export type Silence = 'off' | 'language' | 'paused' | 'snoozed';

/** Why there is no ghost text for a language now; undefined when there is. */
export function silence(choices: GhostTextChoices, language: string, now: number): Silence | undefined {
  if (choices.paused) {
    return 'paused';
  }
  if (choices.snoozedUntil !== undefined && now < choices.snoozedUntil) {
    return 'snoozed';
  }
  if (!choices.enabled) {
    return 'off';
  }
  return choices.disabledLanguages.includes(language) ? 'language' : undefined;
}

/** The list of disabled languages with one language switched. */
export function toggled(languages: readonly string[], language: string): string[] {
  return languages.includes(language)
    ? languages.filter((other) => other !== language)
    : [...languages, language].sort();
}
