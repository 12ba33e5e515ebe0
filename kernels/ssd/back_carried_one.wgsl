// Gradients of B and C through states, all sizes any numbers.
#import "BC_one.wgsl"
#import "x_one.wgsl"
#import "h_one.wgsl"
#import "put5_one.wgsl"
#import "back_carried.wgsl"
#import "rows_of_heads.wgsl"
