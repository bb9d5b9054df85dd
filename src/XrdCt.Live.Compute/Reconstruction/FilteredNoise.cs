namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>Noise that is back-projected along an angle: that of a filtered projection, or of what several have in common.</summary>
/// <param name="Angle_rad">θ, rad.</param>
/// <param name="Weight">Factor on the filtered samples; its square on their variances.</param>
/// <param name="Power">Variance of each filtered sample.</param>
/// <param name="Product">Covariance of each with the next one.</param>
internal readonly record struct FilteredNoise(double Angle_rad, double Weight, double[] Power, double[] Product);
