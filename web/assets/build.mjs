// Copies what the server inlines, icons (a chosen few), and bundles the code editor, each language in a file of its own.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";

import { build } from "esbuild";

const ICONS = [
  "archive", "arrow-left", "check", "chevron-down", "chevron-right", "copy", "file", "file-binary",
  "file-directory-fill", "file-submodule", "file-symlink-file", "gear", "git-branch", "git-commit",
  "globe", "home", "lock", "moon", "people", "person", "plus", "project", "repo", "search", "sign-out",
  "sun", "tag", "three-bars", "trash", "x", "code", "download", "link-external", "inbox", "device-desktop",
  "pencil", "kebab-horizontal", "history", "sidebar-collapse", "file-zip", "file-added",
  "command-palette",
  "repo-forked", "eye", "eye-closed", "git-compare", "sync",
  "filter", "arrow-switch", "arrow-right", "comment", "reply", "smiley", "tasklist",
];
mkdirSync("../icons", { recursive: true });
for (const name of ICONS) {
  copyFileSync(`node_modules/@primer/octicons/build/svg/${name}-16.svg`, `../icons/${name}.svg`);
}

rmSync("../static/web/editor", { recursive: true, force: true });
await build({
  entryPoints: ["editor/editor.js"],
  outdir: "../static/web/editor",
  chunkNames: "part-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  target: "es2022",
  legalComments: "none",
});
