// Before step 4, all sizes multiples of four.
#import "BC_four.wgsl"
#import "scores.wgsl"
#import "tile.wgsl"
