// The gradient of x, all sizes any numbers.
#import "BC_one.wgsl"
#import "x_one.wgsl"
#import "h_one.wgsl"
#import "put5_one.wgsl"
#import "back_inputs.wgsl"
#import "tile.wgsl"
