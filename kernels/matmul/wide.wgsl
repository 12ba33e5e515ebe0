// A product, version `wide`, for sizes that are no multiples of four.
#import "numbers.wgsl"
#import "wide_tile.wgsl"
