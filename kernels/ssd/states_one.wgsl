// Step 2, all sizes any numbers.
#import "BC_one.wgsl"
#import "x_one.wgsl"
#import "put5_one.wgsl"
#import "states.wgsl"
#import "tile.wgsl"
