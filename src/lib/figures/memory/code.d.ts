// Parts of shaders as src/build/vite-code.js gives them.
declare module '*.wgsl?code=main' {
	const part: { readonly file: string; readonly first: number; readonly text: string };
	export default part;
}

declare module '*.wgsl?code=walk' {
	const part: { readonly file: string; readonly first: number; readonly text: string };
	export default part;
}
