export const holding = {};
