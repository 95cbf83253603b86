// The editor of a cell: CodeMirror 6, of which as much as a cell needs. `npm run build` here makes
// vendor/codemirror/editor.js, which sets window.CellEditor.
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers, highlightSpecialChars } from "@codemirror/view";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { pythonLanguage } from "@codemirror/lang-python";
import { classHighlighter, highlightTree } from "@lezer/highlight";

export function create(parent, text, { label, change, run }) {
  const runs = () => { run(); return true; };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(), highlightSpecialChars(), history(), indentOnInput(), bracketMatching(),
        indentUnit.of("    "), pythonLanguage, syntaxHighlighting(classHighlighter),
        keymap.of([{ key: "Shift-Enter", run: runs }, { key: "Mod-Enter", run: runs },
          ...defaultKeymap, ...historyKeymap, indentWithTab]),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
        EditorView.updateListener.of((update) => update.docChanged && change()),
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    set: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    focus: () => view.focus(),
  };
}

// A text in the same colours, as nodes: for a cell whose editor is closed.
export function colour(text) {
  const nodes = [];
  let at = 0;
  const plain = (end) => { if (end > at) nodes.push(document.createTextNode(text.slice(at, end))); };
  highlightTree(pythonLanguage.parser.parse(text), classHighlighter, (from, to, classes) => {
    plain(from);
    nodes.push(Object.assign(document.createElement("span"), { className: classes, textContent: text.slice(from, to) }));
    at = to;
  });
  plain(text.length);
  return nodes;
}
