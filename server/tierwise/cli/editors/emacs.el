;;; tierwise.el --- Tierwise for Emacs -*- lexical-binding: t -*-

;;; Commentary:

;; Written by `tierwise setup emacs'; your init file loads it.
;;
;; With lsp-mode Tierwise runs beside the language's own server in every buffer of `tierwise-modes'; with its version 9.1
;; and later M-x lsp-inline-completion-display shows ghost text.
;;
;; Eglot serves a buffer by one server only.  M-x tierwise-eglot gives the current buffer to Tierwise; to do so always,
;; for example: (add-hook 'python-mode-hook #'tierwise-eglot).  Eglot shows no ghost text: Tierwise's completions come by
;; M-x completion-at-point (or company, corfu), explain and refactor by M-x eglot-code-actions, rename by
;; M-x eglot-rename.

;;; Code:

(defvar eglot-server-programs)
(declare-function eglot-ensure "eglot")
(declare-function lsp-register-client "lsp-mode")
(declare-function lsp-stdio-connection "lsp-mode")
(declare-function make-lsp-client "lsp-mode")

(defvar tierwise-command '(@COMMAND@)
  "Program and arguments that start the server.")

(defvar tierwise-modes
  '(python-mode python-ts-mode js-mode js-ts-mode js2-mode typescript-mode typescript-ts-mode tsx-ts-mode
    go-mode go-ts-mode rust-mode rust-ts-mode java-mode java-ts-mode c-mode c-ts-mode c++-mode c++-ts-mode
    ruby-mode ruby-ts-mode php-mode sh-mode bash-ts-mode lua-mode kotlin-mode scala-mode elixir-mode haskell-mode)
  "Major modes in which lsp-mode starts Tierwise.")

;;;###autoload
(defun tierwise-eglot ()
  "Let Tierwise serve this buffer through Eglot."
  (interactive)
  (require 'eglot)
  (setq-local eglot-server-programs
              (cons (cons major-mode tierwise-command) eglot-server-programs))
  (eglot-ensure))

(with-eval-after-load 'lsp-mode
  (lsp-register-client
   (make-lsp-client :new-connection (lsp-stdio-connection (lambda () tierwise-command))
                    :major-modes tierwise-modes
                    :priority -1
                    :add-on? t
                    :server-id 'tierwise)))

(provide 'tierwise)
;;; tierwise.el ends here
