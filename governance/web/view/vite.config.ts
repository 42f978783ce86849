import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Everything is relative, so that the view works under any prefix; nothing is inlined, so that the
// content security policy needs no exception.
export default defineConfig({
  base: "./",
  plugins: [react()],
  build: { outDir: "../static", emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
