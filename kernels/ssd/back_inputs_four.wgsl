// The gradient of x, all sizes multiples of four.
#import "BC_four.wgsl"
#import "x_four.wgsl"
#import "h_four.wgsl"
#import "put5_four.wgsl"
#import "back_inputs.wgsl"
#import "tile.wgsl"
