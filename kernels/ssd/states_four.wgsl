// Step 2, all sizes multiples of four.
#import "BC_four.wgsl"
#import "x_four.wgsl"
#import "put5_four.wgsl"
#import "states.wgsl"
#import "tile.wgsl"
