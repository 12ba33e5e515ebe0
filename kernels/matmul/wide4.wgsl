// A product, version `wide`, on quads.
#import "quads.wgsl"
#import "wide_tile.wgsl"
