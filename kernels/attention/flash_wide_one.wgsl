// Attention in tiles of wide registers, any sizes.
#import "./quads_one.wgsl"
#import "./flash_wide.wgsl"
