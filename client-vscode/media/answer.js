// The page of answers: shows what the extension sends and tells it what was clicked. Keeps nothing of its own.
(function () {
  const vscode = acquireVsCodeApi();
  const list = document.getElementById('turns');
  const form = document.getElementById('follow');
  const question = document.getElementById('question');

  window.addEventListener('message', ({ data }) => {
    const atEnd = window.innerHeight + window.scrollY >= document.body.scrollHeight - 40;
    while (list.children.length > data.length) {
      list.lastElementChild.remove();
    }
    data.forEach((turn, index) => show(list.children[index] ?? list.appendChild(emptyTurn(index)), turn));
    form.hidden = data.length === 0;
    if (atEnd) {
      window.scrollTo(0, document.body.scrollHeight);
    }
  });

  function emptyTurn(index) {
    const article = element('article', '');
    article.dataset.turn = String(index);
    const head = element('header', '');
    head.append(element('h2', 'question'), button('open', '', 'place'));
    const foot = element('footer', '');
    foot.append(element('span', 'note'), button('stop', 'Stop', ''), button('copy', 'Copy answer', ''));
    article.append(head, element('div', 'answer'), foot);
    return article;
  }

  function show(article, turn) {
    const changed = (selector, value) => {
      const found = article.querySelector(selector);
      if (found.textContent !== value) {
        found.textContent = value;
      }
    };
    changed('.question', turn.question);
    changed('.place', turn.place);
    changed('.note', turn.state === 'asking' ? `${turn.note || 'Asking'}…` : turn.note);
    if (article.html !== turn.html) {
      article.html = turn.html;
      article.querySelector('.answer').innerHTML = turn.html; // made safe by the extension: see markdown.ts
    }
    article.className = turn.state;
    article.querySelector('[data-do=stop]').hidden = turn.state !== 'asking';
    article.querySelector('[data-do=copy]').hidden = turn.state === 'asking' || turn.html === '';
  }

  document.addEventListener('click', (event) => {
    const found = event.target instanceof HTMLElement ? event.target.closest('[data-do]') : null;
    if (found === null) {
      return;
    }
    const turn = Number(found.closest('article')?.dataset.turn ?? 0);
    vscode.postMessage({ type: found.dataset.do, turn, block: Number(found.dataset.block ?? 0) });
    if (found.dataset.do.startsWith('copy')) {
      const text = found.textContent;
      found.textContent = 'Copied';
      window.setTimeout(() => (found.textContent = text), 1200);
    }
  });

  question.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });

  question.addEventListener('input', () => {
    question.rows = Math.min(8, question.value.split('\n').length);
  });

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (question.value.trim() !== '') {
      vscode.postMessage({ type: 'ask', text: question.value });
      question.value = '';
      question.rows = 1;
      window.scrollTo(0, document.body.scrollHeight);
    }
  });

  function element(name, className) {
    const made = document.createElement(name);
    made.className = className;
    return made;
  }

  function button(action, text, className) {
    const made = element('button', className);
    made.dataset.do = action;
    made.textContent = text;
    return made;
  }

  vscode.postMessage({ type: 'ready' });
})();
