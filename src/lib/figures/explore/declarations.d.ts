// Declarations of our own files as they stand there: see src/build/vite-code.js. TypeScript knows one star in a name, so each has its line.
interface CodePart {
	readonly file: string;
	readonly first: number;
	readonly text: string;
}
declare module '*?code=main' {
	const part: CodePart;
	export default part;
}
declare module '*?code=work' {
	const part: CodePart;
	export default part;
}
declare module '*?code=walk' {
	const part: CodePart;
	export default part;
}
declare module '*?code=advance' {
	const part: CodePart;
	export default part;
}
declare module '*?code=decay' {
	const part: CodePart;
	export default part;
}
declare module '*?code=silu' {
	const part: CodePart;
	export default part;
}
declare module '*?code=softplus' {
	const part: CodePart;
	export default part;
}
declare module '*?code=finish4' {
	const part: CodePart;
	export default part;
}
declare module '*?code=discretise' {
	const part: CodePart;
	export default part;
}
declare module '*?code=stepSize' {
	const part: CodePart;
	export default part;
}
declare module '*?code=conv1dSiluReference' {
	const part: CodePart;
	export default part;
}
declare module '*?code=embeddingReference' {
	const part: CodePart;
	export default part;
}
declare module '*?code=linearReference' {
	const part: CodePart;
	export default part;
}
declare module '*?code=rmsNormReference' {
	const part: CodePart;
	export default part;
}
declare module '*?code=selectiveScanReference' {
	const part: CodePart;
	export default part;
}
declare module '*?code=ssdReference' {
	const part: CodePart;
	export default part;
}
declare module '*?code=gatedRmsNormReference' {
	const part: CodePart;
	export default part;
}
declare module '*?code=attentionReference' {
	const part: CodePart;
	export default part;
}
declare module '*?code=rotaryReference' {
	const part: CodePart;
	export default part;
}
declare module '*?code=gatedReference' {
	const part: CodePart;
	export default part;
}
