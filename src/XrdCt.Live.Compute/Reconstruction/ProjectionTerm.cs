namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>A filtered projection that is added to slices.</summary>
/// <param name="Row">Its row among the filtered projections.</param>
/// <param name="Angle_rad">θ, rad, finite.</param>
/// <param name="Weight">Factor on it; a negative one takes it out again.</param>
public readonly record struct ProjectionTerm(int Row, double Angle_rad, double Weight);
