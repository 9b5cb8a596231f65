/** Writes the program to a folder, `main.js` and its parts. Returns esbuild's metafile. */
export declare const buildProgram: (folder: string) => Promise<import("esbuild").Metafile>
