// A product, version `shared`, on quads.
#import "quads.wgsl"
#import "shared_tile.wgsl"
