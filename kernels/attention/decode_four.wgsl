// Attention of one new token, all sizes multiples of four.
#import "./quads_four.wgsl"
#import "./decode.wgsl"
