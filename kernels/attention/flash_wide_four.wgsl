// Attention in tiles of wide registers, all sizes multiples of four.
#import "./quads_four.wgsl"
#import "./flash_wide.wgsl"
