/** The target of a token that does not count. Apart from the kernels, so that a task can be made where none runs. */
export const IGNORE = 0xffffffff;
