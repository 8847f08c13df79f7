// Made from the settings' models and the shipped profiles by "make docs"; edits here are lost.

/** Settings that the server takes, as they are called below `tierwise.`. */
export const SERVER_SETTINGS: readonly string[] = [
  'profile',
  'harness',
  'completion.enabled',
  'completion.disabled_languages',
  'completion.embedded',
  'completion.multiline',
  'budget.session_usd',
  'budget.day_usd',
  'privacy.exclude',
  'privacy.max_file_kb',
  'privacy.transcript',
  'routing.mechanical',
  'routing.local',
  'routing.repository',
  'routing.agentic',
  'routing.max_escalations',
  'routing.repair_turns',
  'routing.hedge',
  'routing.breaker_failures',
  'routing.breaker_open_s',
  'tasks',
  'providers',
  'tiers',
  'models',
  'harness_overrides',
];

/** The profiles that come with Tierwise. */
export const PROFILES: readonly { readonly name: string; readonly description: string }[] = [
  { name: 'anthropic', description: 'Claude: Haiku completes, Sonnet edits, Opus takes what is hard' },
  { name: 'auto', description: 'Whatever is there: the first profile whose key is set, else a model server on this machine, else no model' },
  { name: 'code-chain', description: 'Claude Sonnet first, Qwen 3 Coder on a host of open models when it fails, GPT as the base line' },
  { name: 'deepseek', description: 'DeepSeek: its endpoint that fills in the middle completes, V4 Pro takes what is hard' },
  { name: 'embedded', description: 'No model and no network: completion from the workspace itself' },
  { name: 'gemini', description: 'Gemini: Flash-Lite completes, Flash edits, Pro takes what is hard' },
  { name: 'local', description: 'Model servers on this machine (Ollama, llama.cpp, vLLM, LM Studio), with the models found there' },
  { name: 'mistral', description: 'Mistral: Codestral completes, Devstral edits' },
  { name: 'openai', description: 'GPT: Luna completes, Terra edits, Sol takes what is hard' },
  { name: 'openrouter', description: 'One key for many hosts: Qwen 3 Coder completes and edits, Claude Sonnet takes what is hard' },
  { name: 'qwen', description: 'Qwen 3 Coder on Alibaba Cloud: Flash completes, Plus does the rest' },
];

/** Environment variables that hold a provider's key, and the providers that use each. */
export const KEYS: readonly { readonly variable: string; readonly providers: readonly string[] }[] = [
  { variable: 'ANTHROPIC_API_KEY', providers: ['anthropic'] },
  { variable: 'DASHSCOPE_API_KEY', providers: ['dashscope'] },
  { variable: 'DEEPSEEK_API_KEY', providers: ['deepseek', 'deepseek-fim'] },
  { variable: 'GEMINI_API_KEY', providers: ['gemini'] },
  { variable: 'FIREWORKS_API_KEY', providers: ['fireworks'] },
  { variable: 'GROQ_API_KEY', providers: ['groq'] },
  { variable: 'CEREBRAS_API_KEY', providers: ['cerebras'] },
  { variable: 'OPENROUTER_API_KEY', providers: ['openrouter'] },
  { variable: 'TOGETHER_API_KEY', providers: ['together'] },
  { variable: 'INCEPTION_API_KEY', providers: ['inception', 'inception-fim'] },
  { variable: 'MISTRAL_API_KEY', providers: ['mistral', 'mistral-fim'] },
  { variable: 'OPENAI_API_KEY', providers: ['openai'] },
];
