// Copies what the server serves or inlines: icons (a chosen few) and htmx's licence-free glue of our own.
import { copyFileSync, mkdirSync } from "node:fs";

const ICONS = [
  "archive", "arrow-left", "check", "chevron-down", "chevron-right", "copy", "file", "file-binary",
  "file-directory-fill", "file-submodule", "file-symlink-file", "gear", "git-branch", "git-commit",
  "globe", "home", "lock", "moon", "people", "person", "plus", "project", "repo", "search", "sign-out",
  "sun", "tag", "three-bars", "trash", "x", "code", "download", "link-external", "inbox", "device-desktop",
  "repo-forked", "eye", "eye-closed", "git-compare", "sync", "kebab-horizontal",
];
mkdirSync("../icons", { recursive: true });
for (const name of ICONS) {
  copyFileSync(`node_modules/@primer/octicons/build/svg/${name}-16.svg`, `../icons/${name}.svg`);
}
