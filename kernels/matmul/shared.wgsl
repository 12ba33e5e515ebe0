// A product, version `shared`, for sizes that are no multiples of four.
#import "numbers.wgsl"
#import "shared_tile.wgsl"
