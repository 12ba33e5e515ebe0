// Attention of one new token, any sizes.
#import "./quads_one.wgsl"
#import "./decode.wgsl"
