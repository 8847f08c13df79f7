;;; tierwise.el --- AI help that is sized to the task -*- lexical-binding: t -*-

;; Package-Requires: ((emacs "28.1"))

;;; Commentary:

;; Written by `tierwise setup emacs'; your init file loads it.  For Emacs 28 and later, with Eglot or lsp-mode.
;;
;; Eglot serves a buffer by one server only: M-x tierwise-eglot gives the current buffer to Tierwise.  To do so always:
;;   (add-hook 'python-mode-hook #'tierwise-eglot)
;; Navigation and diagnostics of the language's own server are then not to be had; lsp-mode runs both, and starts Tierwise
;; by itself in every buffer of `tierwise-modes'.
;;
;; What works with both: ghost text while you type (`tierwise-ghost-map': TAB accepts it, M-<right> a word, C-M-<right> a
;; line, M-] dismisses it), rename over all files (eglot-rename, lsp-rename, or M-x tierwise-rename beside another server),
;; code actions (eglot-code-actions, lsp-execute-code-action), and
;;   M-x tierwise-explain   the region or the definition at point, streamed into a window; with C-u answers a question
;;   M-x tierwise-edit      change the region or the definition at point as told
;;   M-x tierwise-review    review the file                    M-x tierwise-cancel   end what is under way
;;   M-x tierwise-status    models, cost, limits               M-x tierwise-trust    let the folder's settings count
;;   M-x tierwise-queue     what no model answered             M-x tierwise-report   requests, speed and cost
;; The mode line shows the tier of the last request and the cost of the session.
;;
;; What Emacs has not: a preview of edits before they are made (they can be undone), next edits, and with lsp-mode
;; completions come twice, as ghost text and as items.

;;; Code:

(require 'cl-lib)
(require 'eieio)
(require 'subr-x)

(defvar eglot-server-programs)
(defvar eglot-managed-mode-hook)
(defvar eglot-confirm-server-initiated-edits)
(defvar eglot-confirm-server-edits)
(defvar eglot-workspace-configuration)
(defvar lsp-after-open-hook)
(declare-function eglot-ensure "eglot")
(declare-function eglot-current-server "eglot")
(declare-function eglot-path-to-uri "eglot")
(declare-function eglot--path-to-uri "eglot")
(declare-function eglot-uri-to-path "eglot")
(declare-function eglot--uri-to-path "eglot")
(declare-function eglot--capabilities "eglot")
(declare-function eglot--signal-textDocument/didChange "eglot")
(declare-function eglot-managed-p "eglot")
(declare-function jsonrpc-async-request "jsonrpc")
(declare-function jsonrpc-notify "jsonrpc")
(declare-function lsp-register-client "lsp-mode")
(declare-function lsp-register-custom-settings "lsp-mode")
(declare-function lsp-stdio-connection "lsp-mode")
(declare-function make-lsp-client "lsp-mode")
(declare-function lsp-workspaces "lsp-mode")
(declare-function lsp--workspace-client "lsp-mode")
(declare-function lsp--workspace-status "lsp-mode")
(declare-function lsp--client-server-id "lsp-mode")
(declare-function lsp--workspace-server-capabilities "lsp-mode")
(declare-function lsp--workspace-root "lsp-mode")
(declare-function lsp--buffer-uri "lsp-mode")
(declare-function lsp-request-async "lsp-mode")
(declare-function lsp-notify "lsp-mode")
(defvar lsp--cur-workspace)

;;;; Settings

(defgroup tierwise nil
  "AI help that is sized to the task."
  :group 'tools)

(defcustom tierwise-command '(@COMMAND@)
  "Program and arguments that start the server."
  :type '(repeat string))

(defcustom tierwise-modes
  '(python-mode python-ts-mode js-mode js-ts-mode js2-mode typescript-mode typescript-ts-mode tsx-ts-mode
    go-mode go-ts-mode rust-mode rust-ts-mode java-mode java-ts-mode c-mode c-ts-mode c++-mode c++-ts-mode
    ruby-mode ruby-ts-mode php-mode sh-mode bash-ts-mode lua-mode kotlin-mode scala-mode elixir-mode haskell-mode)
  "Major modes in which lsp-mode starts Tierwise."
  :type '(repeat symbol))

(defcustom tierwise-settings nil
  "Settings as in Tierwise's config.toml, such as (:profile \"local\" :budget (:day_usd 2.0)).
After a change M-x tierwise-apply-settings sends them to the server that runs."
  :type 'plist)

(defcustom tierwise-ghost-text t
  "Whether text that could follow is shown while you type."
  :type 'boolean)

(defcustom tierwise-ghost-delay 0.1
  "Seconds without a key after which ghost text is asked for."
  :type 'number)

(defface tierwise-ghost '((t :inherit shadow))
  "Ghost text.")

;;;; The server, whoever talks to it

(defun tierwise--get (table &rest keys)
  "The value below KEYS (keywords) in TABLE, a plist or a hash table; nil where there is none."
  (dolist (key keys table)
    (setq table (cond ((hash-table-p table) (gethash (substring (symbol-name key) 1) table))
                      ((listp table) (plist-get table key))))))

(defun tierwise--server ()
  "The server of this buffer: (eglot . SERVER) or (lsp . WORKSPACE).
Nil where Tierwise does not serve it, or does not yet."
  (let ((server (and (fboundp 'eglot-current-server) (eglot-current-server))))
    (if (and server (eq (eieio-object-class-name server) 'tierwise-eglot-server))
        (cons 'eglot server)
      (when-let ((workspace (and (fboundp 'lsp-workspaces)
                                 (cl-find-if
                                  (lambda (it)
                                    (and (eq (lsp--client-server-id (lsp--workspace-client it)) 'tierwise)
                                         (eq (lsp--workspace-status it) 'initialized)))
                                  (lsp-workspaces)))))
        (cons 'lsp workspace)))))

(defun tierwise--server-or-lose ()
  "The server of this buffer; an error where there is none."
  (or (tierwise--server)
      (user-error "Tierwise does not serve this buffer; M-x tierwise-eglot starts it, or lsp-mode does")))

(defun tierwise--capabilities (server)
  "What SERVER can do."
  (if (eq (car server) 'eglot)
      (eglot--capabilities (cdr server))
    (lsp--workspace-server-capabilities (cdr server))))

(defun tierwise--offers (server command)
  "Whether SERVER has COMMAND."
  (cl-find command (tierwise--get (tierwise--capabilities server) :executeCommandProvider :commands) :test #'equal))

(defun tierwise--request (server method params done &optional failed)
  "Send a request and return at once; DONE takes its result, FAILED a sentence."
  (let ((failed (or failed (lambda (sentence) (message "Tierwise: %s" sentence)))))
    (if (eq (car server) 'eglot)
        (progn
          (eglot--signal-textDocument/didChange)
          (jsonrpc-async-request (cdr server) (intern (concat ":" method)) params
                                 :success-fn done
                                 :error-fn (lambda (err) (funcall failed (plist-get err :message)))
                                 :timeout nil))
      (let ((lsp--cur-workspace (cdr server)))
        (lsp-request-async method params done :mode 'detached
                           :error-handler (lambda (err) (funcall failed (tierwise--get err :message))))))))

(defun tierwise--notify (server method params)
  "Send a notification."
  (if (eq (car server) 'eglot)
      (jsonrpc-notify (cdr server) (intern (concat ":" method)) params)
    (let ((lsp--cur-workspace (cdr server)))
      (lsp-notify method params))))

(defun tierwise--execute (server command arguments done &optional failed)
  "Have COMMAND carried out by SERVER with ARGUMENTS, a list."
  (tierwise--request server "workspace/executeCommand"
                     (list :command command :arguments (vconcat arguments)) done failed))

(defun tierwise--uri (server)
  "This buffer's URI."
  (cond ((eq (car server) 'lsp) (lsp--buffer-uri))
        ((fboundp 'eglot-path-to-uri) (eglot-path-to-uri buffer-file-name))
        (t (eglot--path-to-uri buffer-file-name))))

(defun tierwise--length (server text)
  "The length of TEXT as SERVER counts it."
  (pcase (tierwise--get (tierwise--capabilities server) :positionEncoding)
    ("utf-8" (length (encode-coding-string text 'utf-8)))
    ("utf-32" (length text))
    (_ (/ (length (encode-coding-string text 'utf-16le)) 2))))

(defun tierwise--position (server &optional place)
  "The position of PLACE or point, for SERVER."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (or place (point)))
      (list :line (1- (line-number-at-pos))
            :character (tierwise--length server (buffer-substring-no-properties (line-beginning-position) (point)))))))

(defun tierwise--place (server position)
  "The place in this buffer that POSITION of SERVER names."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (forward-line (tierwise--get position :line))
      (let ((wanted (tierwise--get position :character)) (start (point)))
        (while (and (not (eolp))
                    (< (tierwise--length server (buffer-substring-no-properties start (point))) wanted))
          (forward-char))
        (point)))))

(defun tierwise--subject (server)
  "What a request is about: the region, or point, which means the definition around it."
  (let ((region (use-region-p)))
    (list :uri (tierwise--uri server)
          :range (list :start (tierwise--position server (and region (region-beginning)))
                       :end (tierwise--position server (and region (region-end)))))))

;;;; Answers to read

(defvar tierwise--answer nil
  "The answer that is written now: (:id ID :text TEXT), or nil.")

(defvar tierwise--last-id 0
  "The number of the last answer that anything arrived of; the server counts them up.")

(defun tierwise--show (name text)
  "Show TEXT in the buffer NAME, beside the code."
  (with-current-buffer (get-buffer-create name)
    (unless (derived-mode-p 'tierwise-answer-mode)
      (tierwise-answer-mode))
    (let ((inhibit-read-only t))
      (erase-buffer)
      (insert text)
      (goto-char (point-min)))
    (display-buffer (current-buffer) '((display-buffer-reuse-window display-buffer-pop-up-window)
                                       (inhibit-same-window . t)))))

(defun tierwise--append (text)
  "Add TEXT to the answer that is shown."
  (when-let ((buffer (get-buffer "*Tierwise*")))
    (with-current-buffer buffer
      (let ((inhibit-read-only t))
        (save-excursion
          (goto-char (point-max))
          (insert text))))))

(define-derived-mode tierwise-answer-mode special-mode "Tierwise"
  "What Tierwise says, to be read."
  (visual-line-mode)
  (when (require 'markdown-mode nil t)
    (setq-local font-lock-defaults '(markdown-mode-font-lock-keywords nil nil nil nil))
    (font-lock-mode)))

(defvar markdown-mode-font-lock-keywords)

(define-key tierwise-answer-mode-map (kbd "C-c C-c") #'tierwise-cancel)

(defun tierwise--ask (server argument &optional command)
  "Ask SERVER about ARGUMENT, and show the answer while it is written."
  (let ((turn (list :id nil :text "")) (said "\n\n[writing; C-c C-c here, or M-x tierwise-cancel, ends it]"))
    (setq tierwise--answer turn)
    (tierwise--show "*Tierwise*" "")
    (message "Tierwise: asked%s" (replace-regexp-in-string "\n+" " " said))
    (tierwise--execute
     server (or command "tierwise.explain") (list argument)
     (lambda (result)
       (when (eq turn tierwise--answer)
         (setq tierwise--answer nil)
         (let ((text (or (tierwise--get result :text) (plist-get turn :text)))
               (who (if (tierwise--get result :tier)
                        (format "%s · %s" (tierwise--get result :tier) (tierwise--get result :model))
                      "no model")))
           (tierwise--show "*Tierwise*" (concat text "\n\n" (propertize who 'face 'shadow))))))
     (lambda (sentence)
       (when (eq turn tierwise--answer)
         (setq tierwise--answer nil)
         (tierwise--append (concat "\n\n" (propertize (format "Not answered: %s" sentence) 'face 'shadow))))
       (message "Tierwise: %s" sentence)))))

(defun tierwise--received (params)
  "A piece of an answer came.  Pieces of one that was given up may still be on their way."
  (let ((id (string-to-number (format "%s" (tierwise--get params :id)))) (turn tierwise--answer))
    (when (and turn (>= id (or (plist-get turn :id) (1+ tierwise--last-id))))
      (setf (plist-get turn :id) id
            (plist-get turn :text) (concat (plist-get turn :text) (tierwise--get params :delta)))
      (setq tierwise--last-id id)
      (tierwise--append (tierwise--get params :delta)))))

(defun tierwise-explain (&optional question)
  "Explain the region or the definition at point; with a prefix argument answer a QUESTION on it."
  (interactive (list (and current-prefix-arg (read-string "Question: "))))
  (let* ((server (tierwise--server-or-lose)) (subject (tierwise--subject server)))
    (tierwise--ask server (if (string-empty-p (or question "")) subject (append subject (list :question question))))))

(defun tierwise-review ()
  "Review the file."
  (interactive)
  (let* ((server (tierwise--server-or-lose)) (argument (list :uri (tierwise--uri server))))
    (if (tierwise--offers server "tierwise.review")
        (tierwise--ask server argument "tierwise.review")
      (tierwise--ask server (append argument (list :task "review"))))))

;;;; Edits

(defun tierwise--edited (result)
  "Say what became of an edit."
  (if (eq (tierwise--get result :applied) t)
      (message "Tierwise: edited %s file(s)%s; not saved yet" (tierwise--get result :files)
               (if (tierwise--get result :tier)
                   (format " (%s, %s)" (tierwise--get result :tier) (tierwise--get result :model))
                 ""))
    (message "Tierwise: nothing was edited; a file changed in the meantime")))

(defun tierwise-edit (instruction)
  "Change the region or the definition at point as INSTRUCTION says."
  (interactive "sWhat should change? ")
  (let ((server (tierwise--server-or-lose)))
    (message "Tierwise: editing …")
    (tierwise--execute server "tierwise.edit"
                       (list (append (tierwise--subject server) (list :instruction instruction)))
                       #'tierwise--edited)))

(defun tierwise-rename (name)
  "Rename the symbol at point to NAME in all files, also where another server renames."
  (interactive (list (read-string "New name: " (thing-at-point 'symbol t))))
  (let ((server (tierwise--server-or-lose)))
    (tierwise--execute server "tierwise.rename"
                       (list (list :uri (tierwise--uri server) :position (tierwise--position server) :newName name))
                       #'tierwise--edited)))

(defun tierwise-cancel ()
  "End what was asked for and is still under way."
  (interactive)
  (let ((server (or (tierwise--server) (tierwise--any-server) (user-error "Tierwise does not run"))))
    (tierwise--execute server "tierwise.cancel" ()
                       (lambda (result) (message "Tierwise: %d stopped" (tierwise--get result :cancelled))))))

(defun tierwise--any-server ()
  "The server of any buffer."
  (cl-some (lambda (buffer) (with-current-buffer buffer (and buffer-file-name (tierwise--server)))) (buffer-list)))

(defun tierwise--run-action (server argument)
  "Carry out a code action of SERVER: its command's ARGUMENT says which."
  (message "Tierwise: working …")
  (tierwise--execute server "tierwise.action" (list argument) #'tierwise--edited))

;;;; How things stand

(defvar tierwise--usage nil
  "What the last request cost, as the server told.")

(defun tierwise--dollars (amount)
  "AMOUNT of US dollars, with as many decimals as it needs to be told from nothing."
  (cond ((zerop amount) "$0")
        ((< amount 0.00005) "< $0.0001")
        (t (format (if (< amount 1) "$%.4f" "$%.2f") amount))))

(defun tierwise--lighter ()
  "The words in the mode line."
  (let ((cost (tierwise--get tierwise--usage :session_cost_usd)))
    (concat " Tw" (if tierwise--answer "…" "")
            (if-let ((tier (tierwise--get tierwise--usage :tier))) (format ":%s" tier) "")
            (if (and cost (> cost 0)) (concat " " (replace-regexp-in-string "%" "%%" (tierwise--dollars cost))) ""))))

(defun tierwise--used (params)
  "A request ended: PARAMS says what it cost."
  (setq tierwise--usage params)
  (force-mode-line-update t))

(defun tierwise-status ()
  "Show profile, models of each tier, cost and limits."
  (interactive)
  (tierwise--execute (tierwise--server-or-lose) "tierwise.status" ()
                     (lambda (report) (tierwise--show "*Tierwise status*" (tierwise--status report)))))

(defun tierwise--status (report)
  "REPORT for a person."
  (let ((limit (lambda (amount) (if (numberp amount) (tierwise--dollars amount) "no limit"))))
    (concat
     (format "Profile %s, harness %s, folder %s.\n\n" (tierwise--get report :profile) (tierwise--get report :harness)
             (if (eq (tierwise--get report :trusted) t) "trusted" "not trusted (M-x tierwise-trust)"))
     (mapconcat (lambda (tier)
                  (format "%-9s %s\n" (substring (symbol-name tier) 1)
                          (let ((chain (append (tierwise--get report :tiers tier :chain) nil)))
                            (if chain (string-join chain ", then ") "no model"))))
                '(:fast :balanced :frontier) "")
     (format "\nThis session %s in %d requests; today %s.\n" (tierwise--dollars (tierwise--get report :cost :session_usd))
             (tierwise--get report :cost :requests) (tierwise--dollars (tierwise--get report :cost :day_usd)))
     (format "Limits: session %s, day %s.\n" (funcall limit (tierwise--get report :budgets :session_usd))
             (funcall limit (tierwise--get report :budgets :day_usd)))
     (mapconcat (lambda (pause)
                  (format "%s rests for %.0f s: %s\n" (tierwise--get pause :model) (tierwise--get pause :seconds)
                          (tierwise--get pause :reason)))
                (tierwise--get report :breakers) "")
     (mapconcat (lambda (problem) (format "Settings: %s\n" problem)) (tierwise--get report :problems) ""))))

(defun tierwise--run-verb (&rest arguments)
  "Run another verb of the command line where the server runs, and show what it prints."
  (let* ((words (append (if (equal (car (last tierwise-command)) "serve") (butlast tierwise-command) tierwise-command)
                        arguments))
         (name (format "*Tierwise %s*" (car arguments)))
         (process-environment (append '("NO_COLOR=1" "COLUMNS=100") process-environment)))
    (tierwise--show name "…")
    (let ((output ""))
      (make-process :name name :command words :file-handler t :connection-type 'pipe :noquery t
                    :filter (lambda (_process text) (setq output (concat output text)))
                    :sentinel (lambda (process _event)
                                (unless (process-live-p process)
                                  (tierwise--show name (string-trim output "\n+"))))))))

(defun tierwise-queue ()
  "Show what no model answered well enough, with what was tried."
  (interactive)
  (tierwise--run-verb "queue"))

(defun tierwise-queue-retry (number &optional tier)
  "Try NUMBER of the queue again; with a prefix argument by a TIER of your choice."
  (interactive (list (read-number "Which number? ")
                     (and current-prefix-arg (completing-read "Tier: " '("fast" "balanced" "frontier") nil t))))
  (let ((server (tierwise--server-or-lose)))
    (unless (tierwise--offers server "tierwise.queue")
      (user-error "This server cannot try again"))
    (tierwise--execute server "tierwise.queue"
                       (list (append (list :action "retry" :number number) (and tier (list :tier tier))))
                       #'tierwise--edited)))

(defun tierwise-report ()
  "Show requests, speed and cost so far."
  (interactive)
  (tierwise--run-verb "report"))

(defun tierwise-doctor ()
  "Show what is configured and reachable, and how fast."
  (interactive)
  (tierwise--run-verb "doctor"))

(defun tierwise-trust (folder)
  "Let the settings in FOLDER's .tierwise.toml count in full."
  (interactive (list (or (locate-dominating-file default-directory ".tierwise.toml") default-directory)))
  (when (y-or-n-p (format "Let the settings in %s.tierwise.toml count in full? " (file-name-as-directory folder)))
    (tierwise--run-verb "trust" (directory-file-name (expand-file-name (file-local-name folder))))))

(defun tierwise-apply-settings ()
  "Send `tierwise-settings' to the server that runs."
  (interactive)
  (tierwise--register-settings)
  (tierwise--notify (tierwise--server-or-lose) "workspace/didChangeConfiguration"
                    (list :settings (list :tierwise tierwise-settings))))

;;;; Ghost text

(defvar-local tierwise--ghost nil
  "The ghost text that is shown: (:overlay OVERLAY :item ITEM :from PLACE :to PLACE :text TEXT), or nil.
TEXT comes in place of what stands between FROM and TO; point is between them.")

(defvar-local tierwise--timer nil
  "What will ask for ghost text.")

(defvar-local tierwise--tick nil
  "The buffer's state after the last command.")

(defvar tierwise-ghost-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "TAB") #'tierwise-accept)
    (define-key map (kbd "<tab>") #'tierwise-accept)
    (define-key map (kbd "M-<right>") #'tierwise-accept-word)
    (define-key map (kbd "C-M-<right>") #'tierwise-accept-line)
    (define-key map (kbd "M-]") #'tierwise-dismiss)
    map)
  "Keys while ghost text is shown.")

(defun tierwise--typed (ghost)
  "What of GHOST's text stands before point already; nil when something else does."
  (let ((from (plist-get ghost :from)) (text (plist-get ghost :text)))
    (when (and (<= from (point)) (<= (point) (plist-get ghost :to)))
      (let ((typed (buffer-substring-no-properties from (point))))
        (and (string-prefix-p typed text) (not (equal typed text)) typed)))))

(defun tierwise--draw ()
  "Show the rest of the ghost text at point, or let go of it."
  (let* ((ghost tierwise--ghost) (typed (and ghost (tierwise--typed ghost))))
    (if (null typed)
        (tierwise-dismiss)
      (let ((rest (propertize (substring (plist-get ghost :text) (length typed)) 'face 'tierwise-ghost))
            (overlay (plist-get ghost :overlay)))
        (put-text-property 0 1 'cursor t rest)
        (move-overlay overlay (point) (point))
        (overlay-put overlay 'after-string rest)))))

(defun tierwise-dismiss ()
  "Take the ghost text away."
  (interactive)
  (when tierwise--ghost
    (delete-overlay (plist-get tierwise--ghost :overlay))
    (setq tierwise--ghost nil)))

(defun tierwise--after-command ()
  "Keep ghost text in step with what is typed, and ask for it."
  (let ((changed (not (eql tierwise--tick (buffer-chars-modified-tick)))))
    (setq tierwise--tick (buffer-chars-modified-tick))
    (when (timerp tierwise--timer)
      (cancel-timer tierwise--timer))
    (when tierwise--ghost
      (tierwise--draw))
    (when (and changed tierwise-ghost-text (null tierwise--ghost) (not (use-region-p)) (not buffer-read-only)
               (not (memq this-command '(undo undo-redo undo-only))))
      (setq tierwise--timer
            (run-with-timer tierwise-ghost-delay nil #'tierwise--ask-for-ghost (current-buffer) tierwise--tick)))))

(defun tierwise--ask-for-ghost (buffer tick)
  "Ask for ghost text in BUFFER as it stood at TICK."
  (when (and (buffer-live-p buffer) (eq buffer (window-buffer)))
    (with-current-buffer buffer
      (when-let ((server (and (eql tick (buffer-chars-modified-tick)) (tierwise--server))))
        (let ((place (point)))
          (tierwise--request
           server "textDocument/inlineCompletion"
           (list :textDocument (list :uri (tierwise--uri server)) :position (tierwise--position server)
                 :context (list :triggerKind 2))
           (lambda (result)
             (when (buffer-live-p buffer)
               (with-current-buffer buffer
                 (let ((items (append (tierwise--get result :items) nil)))
                   (when (and items (eql tick (buffer-chars-modified-tick)) (eql place (point)))
                     (tierwise--offer server (car items)))))))
           #'ignore))))))

(defun tierwise--offer (server item)
  "Show ITEM of SERVER."
  (tierwise-dismiss)
  (let* ((range (tierwise--get item :range))
         (from (if range (tierwise--place server (tierwise--get range :start)) (point)))
         (to (if range (tierwise--place server (tierwise--get range :end)) (point)))
         (overlay (make-overlay (point) (point))))
    (setq tierwise--ghost (list :overlay overlay :item item :text (tierwise--get item :insertText)
                                :from (copy-marker from) :to (copy-marker to t)))
    (tierwise--draw)))

(defun tierwise--take (part)
  "Accept what the function PART leaves of the text that is not typed yet."
  (let* ((ghost (or tierwise--ghost (user-error "There is no ghost text")))
         (typed (or (tierwise--typed ghost) (user-error "There is no ghost text")))
         (text (plist-get ghost :text))
         (rest (substring text (length typed)))
         (piece (funcall part rest))
         (command (tierwise--get (plist-get ghost :item) :command))
         (server (tierwise--server)))
    (if (or (null piece) (equal piece rest) (string-empty-p piece))
        (progn
          (delete-region (point) (plist-get ghost :to))
          (tierwise-dismiss)
          (insert rest)
          (when (and server command)
            (tierwise--execute server (tierwise--get command :command) (tierwise--get command :arguments) #'ignore #'ignore)))
      (insert piece)
      (when (and server command)
        (tierwise--notify server "textDocument/didPartiallyAcceptCompletion"
                          (list :item (list :insertText text :command command)
                                :acceptedLength (/ (length (encode-coding-string (concat typed piece) 'utf-16le)) 2)))))))

(defun tierwise-accept ()
  "Accept the ghost text."
  (interactive)
  (tierwise--take #'identity))

(defun tierwise-accept-word ()
  "Accept the next word of the ghost text."
  (interactive)
  (tierwise--take (lambda (rest)
                    (and (string-match "\\`[[:space:]\n]*\\(?:[[:alnum:]_]+\\|[^[:alnum:][:space:]_\n]+\\)" rest)
                         (match-string 0 rest)))))

(defun tierwise-accept-line ()
  "Accept the line of the ghost text."
  (interactive)
  (tierwise--take (lambda (rest) (and (string-match "\\`\n?[^\n]*" rest) (match-string 0 rest)))))

(define-minor-mode tierwise-mode
  "What Tierwise does in the buffers that it serves; it is switched on there by itself."
  :lighter (:eval (tierwise--lighter))
  (if tierwise-mode
      (progn
        (setq tierwise--tick (buffer-chars-modified-tick))
        (setq-local minor-mode-overriding-map-alist
                    (cons (cons 'tierwise--ghost tierwise-ghost-map) minor-mode-overriding-map-alist))
        (add-hook 'post-command-hook #'tierwise--after-command nil t))
    (tierwise-dismiss)
    (setq-local minor-mode-overriding-map-alist (assq-delete-all 'tierwise--ghost minor-mode-overriding-map-alist))
    (remove-hook 'post-command-hook #'tierwise--after-command t)))

(defun tierwise--options ()
  "What the server is told when it starts.  Both clients stand still while they resolve a code action."
  (tierwise--register-settings)
  (list :tierwise tierwise-settings :lazyEdits :json-false))

(defun tierwise--register-settings ()
  "Let lsp-mode find each of `tierwise-settings', which it knows by their full names only."
  (when (fboundp 'lsp-register-custom-settings)
    (cl-loop for key in tierwise-settings by #'cddr
             do (let ((key key))
                  (lsp-register-custom-settings
                   (list (list (concat "tierwise." (substring (symbol-name key) 1))
                               (lambda () (plist-get tierwise-settings key)))))))))

;;;; Eglot

;;;###autoload
(defun tierwise-eglot ()
  "Let Tierwise serve this buffer through Eglot."
  (interactive)
  (require 'eglot)
  (setq-local eglot-server-programs
              (cons (cons major-mode (cons 'tierwise-eglot-server tierwise-command)) eglot-server-programs))
  (eglot-ensure))

(with-eval-after-load 'eglot
  (defclass tierwise-eglot-server (eglot-lsp-server) () :documentation "Tierwise, as Eglot talks to it.")

  (cl-defmethod eglot-initialization-options ((_server tierwise-eglot-server))
    (tierwise--options))

  (cl-defmethod eglot-client-capabilities ((_server tierwise-eglot-server))
    (let ((said (cl-call-next-method)))
      (setq said (plist-put said :experimental '(:tierwise t)))
      (if tierwise-ghost-text
          (plist-put said :textDocument (plist-put (plist-get said :textDocument)
                                                   :inlineCompletion '(:dynamicRegistration :json-false)))
        said)))

  (cl-defmethod eglot-handle-request ((_server tierwise-eglot-server) (_method (eql workspace/applyEdit))
                                      &key edit &allow-other-keys)
    ;; The user asked for it: Eglot needs not ask again, which it does for files that are not visited.
    (mapc #'find-file-noselect (tierwise--files edit))
    (let ((eglot-confirm-server-initiated-edits nil) (eglot-confirm-server-edits nil))
      (cl-call-next-method)))

  (cl-defmethod eglot-handle-request ((_server tierwise-eglot-server) (_method (eql workspace/configuration))
                                      &key items)
    (let ((own (and (listp eglot-workspace-configuration) (plist-get eglot-workspace-configuration :tierwise))))
      (vconcat (mapcar (lambda (item)
                         (and (equal (plist-get item :section) "tierwise") (or own tierwise-settings)))
                       items))))

  (cl-defmethod eglot-handle-notification ((_server tierwise-eglot-server) (_method (eql tierwise/answer)) &rest params)
    (tierwise--received params))

  (cl-defmethod eglot-handle-notification ((_server tierwise-eglot-server) (_method (eql tierwise/usage)) &rest params)
    (tierwise--used params))

  (cl-defmethod eglot-handle-notification ((_server tierwise-eglot-server) (_method (eql window/showMessage))
                                           &key message &allow-other-keys)
    (message "%s" message))

  (cl-defmethod eglot-execute-command ((server tierwise-eglot-server) command arguments)
    (tierwise--eglot-execute server (format "%s" command) arguments))

  (when (fboundp 'eglot-execute)
    (cl-defmethod eglot-execute ((server tierwise-eglot-server) action)
      (let ((command (plist-get action :command)))
        (cond ((stringp command) (tierwise--eglot-execute server command (plist-get action :arguments)))
              (command (eglot-execute server command))
              (t (cl-call-next-method))))))

  (add-hook 'eglot-managed-mode-hook #'tierwise--eglot-managed))

(defun tierwise--eglot-execute (server command arguments)
  "Carry out COMMAND of SERVER without standing still."
  (let ((server (cons 'eglot server)))
    (pcase command
      ("tierwise.explain" (tierwise--ask server (aref arguments 0)))
      ("tierwise.action" (tierwise--run-action server (aref arguments 0)))
      (_ (tierwise--execute server command arguments #'ignore)))))

(defun tierwise--files (edit)
  "The files that EDIT of the server changes."
  (mapcar (if (fboundp 'eglot-uri-to-path) #'eglot-uri-to-path #'eglot--uri-to-path)
          (append (cl-loop for (uri _) on (plist-get edit :changes) by #'cddr collect (substring (symbol-name uri) 1))
                  (delq nil (mapcar (lambda (change) (tierwise--get change :textDocument :uri))
                                    (plist-get edit :documentChanges))))))

(defun tierwise--eglot-managed ()
  "Switch `tierwise-mode' with Eglot's own mode."
  (when (or tierwise-mode (tierwise--server))
    (tierwise-mode (if (and (eglot-managed-p) (tierwise--server)) 1 -1))))

;;;; lsp-mode

(with-eval-after-load 'lsp-mode
  (let ((handlers (make-hash-table :test 'equal)) (actions (make-hash-table :test 'equal)))
    (puthash "tierwise/answer" (lambda (_workspace params) (tierwise--received params)) handlers)
    (puthash "tierwise/usage" (lambda (_workspace params) (tierwise--used params)) handlers)
    (puthash "tierwise.explain" (lambda (action) (tierwise--ask (tierwise--server) (tierwise--argument action))) actions)
    (puthash "tierwise.action"
             (lambda (action) (tierwise--run-action (tierwise--server) (tierwise--argument action))) actions)
    (lsp-register-client
     (make-lsp-client :new-connection (lsp-stdio-connection (lambda () tierwise-command))
                      :major-modes tierwise-modes
                      :priority -1
                      :add-on? t
                      :server-id 'tierwise
                      :initialization-options #'tierwise--options
                      :custom-capabilities '((experimental . ((tierwise . t))))
                      :notification-handlers handlers
                      :action-handlers actions)))
  (add-hook 'lsp-after-open-hook #'tierwise--lsp-opened))

(defun tierwise--argument (action)
  "The argument of the command ACTION of lsp-mode."
  (elt (tierwise--get action :arguments) 0))

(defun tierwise--lsp-opened ()
  "Switch `tierwise-mode' on where Tierwise serves the buffer."
  (when (tierwise--server)
    (tierwise-mode 1)))

(provide 'tierwise)
;;; tierwise.el ends here
