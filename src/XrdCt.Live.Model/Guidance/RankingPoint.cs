namespace XrdCt.Live.Model.Guidance;

/// <summary>One point of the curve along which the best place settles.</summary>
/// <param name="Fraction">Share of the planned projections, 0…1.</param>
/// <param name="X_um">The best place, x, µm.</param>
/// <param name="Y_um">The best place, y, µm.</param>
/// <param name="Score">Its score, 0…1.</param>
/// <param name="ScoreSigma">Standard uncertainty of the score; NaN where it is not known.</param>
/// <param name="Movement_um">Distance from the best place of the update before, µm; NaN the first time.</param>
public readonly record struct RankingPoint(double Fraction, double X_um, double Y_um, double Score, double ScoreSigma, double Movement_um);
