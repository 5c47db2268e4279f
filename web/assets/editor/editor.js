// The editor of the edit page: it stands in the place of the textarea, which keeps what is typed for the form.
import { LanguageDescription, HighlightStyle, syntaxHighlighting, indentUnit } from "@codemirror/language";
import { languages } from "@codemirror/language-data";
import { indentWithTab } from "@codemirror/commands";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup } from "codemirror";

const theme = EditorView.theme({
  "&": { backgroundColor: "var(--raised)", color: "var(--text)", fontSize: "12.5px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "20px" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--subtle)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--hover) 60%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--info-ground)",
  },
  ".cm-selectionMatch": { backgroundColor: "var(--warn-ground)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--good-ground)", color: "inherit" },
  ".cm-nonmatchingBracket, &.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--bad-ground)", color: "inherit" },
  ".cm-searchMatch": { backgroundColor: "var(--warn-ground)", outline: "1px solid var(--warn)" },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-panel input, .cm-panel button": {
    backgroundColor: "var(--raised)", backgroundImage: "none", color: "var(--text)", border: "1px solid var(--line)",
  },
  ".cm-foldPlaceholder": { backgroundColor: "var(--hover)", borderColor: "var(--line)", color: "var(--subtle)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--text)", border: "1px solid var(--line)" },
});

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--c-keyword)" },
  { tag: [tags.string, tags.special(tags.string), tags.regexp, tags.escape], color: "var(--c-string)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--c-number)" },
  { tag: [tags.comment, tags.meta], color: "var(--c-comment)" },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName)), tags.labelName], color: "var(--c-name)" },
  { tag: [tags.tagName, tags.attributeName, tags.propertyName], color: "var(--c-tag)" },
  { tag: [tags.typeName, tags.className, tags.namespace, tags.standard(tags.variableName)], color: "var(--c-type)" },
  { tag: tags.heading, fontWeight: "700", color: "var(--c-keyword)" },
  { tag: tags.strong, fontWeight: "700" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: [tags.link, tags.url], color: "var(--link)", textDecoration: "underline" },
]);

const indentation = (text) => {
  if (/^\t/m.test(text)) return "\t";
  const widths = [...text.matchAll(/^( +)\S/gm)].slice(0, 500).map((found) => found[1].length);
  return " ".repeat(widths.length && widths.every((width) => width % 4 === 0) ? 4 : 2);
};

const field = document.querySelector("textarea[data-editor]");
if (field) {
  const nonce = document.querySelector("script[data-editor-script]").nonce;
  const language = new Compartment();
  const view = new EditorView({
    parent: field.parentElement,
    doc: field.value,
    extensions: [
      EditorView.cspNonce.of(nonce),
      basicSetup,
      // Escape, then Tab leaves the editor, as its own documentation of accessibility says.
      keymap.of([indentWithTab]),
      indentUnit.of(indentation(field.value)),
      EditorState.tabSize.of(4),
      theme,
      syntaxHighlighting(colours),
      language.of([]),
      EditorView.contentAttributes.of({ "aria-label": field.getAttribute("aria-label") }),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        field.value = view.state.doc.toString();
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }),
    ],
  });
  field.hidden = true;
  const choose = async (name) => {
    const found = LanguageDescription.matchFilename(languages, name);
    const support = found ? await found.load() : [];
    view.dispatch({ effects: language.reconfigure(support) });
  };
  const path = document.querySelector("input[name=path]");
  path?.addEventListener("change", () => choose(path.value.split("/").pop()));
  choose(field.dataset.name || path.value.split("/").pop());
  // A new file is named first.
  if (path) path.focus();
  else view.focus();
}
